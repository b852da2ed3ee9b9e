/** What may stand before and after the pattern. */
export type Anchoring = 'contains' | 'startswith' | 'endswith' | 'whole';

const WILDCARDS = /[%_[\]]/;

/**
 * Text conditions ignore case and know `%`, `_`, `[abc]` and `[^abc]`.
 * https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/filter-rows
 */
export function compileText(pattern: string, anchoring: Anchoring): (text: string) => boolean {
  if (!WILDCARDS.test(pattern)) {
    const plain = pattern.toLowerCase();
    switch (anchoring) {
      case 'contains':
        return (text) => text.toLowerCase().includes(plain);
      case 'startswith':
        return (text) => text.toLowerCase().startsWith(plain);
      case 'endswith':
        return (text) => text.toLowerCase().endsWith(plain);
      case 'whole':
        return (text) => text.toLowerCase() === plain;
    }
  }
  const start = anchoring === 'startswith' || anchoring === 'whole' ? '^' : '';
  const end = anchoring === 'endswith' || anchoring === 'whole' ? '$' : '';
  const expression = new RegExp(start + expressionOf(pattern) + end, 'ius');
  return (text) => expression.test(text);
}

export function hasWildcards(pattern: string): boolean {
  return WILDCARDS.test(pattern);
}

function expressionOf(pattern: string): string {
  return pattern.replaceAll(/\[(\^?)([^\]]+)\]|%|_|[\s\S]/gu, (found, not?: string, set?: string) => {
    if (set !== undefined) return `[${not}${set.replaceAll(/[\\[\]^]/g, '\\$&')}]`;
    if (found === '%') return '.*';
    if (found === '_') return '.';
    return found.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
}
