/** Route templates as ASP.NET Core knows them, as far as the real host was observed with them. */
type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | {
      readonly kind: 'parameter';
      readonly name: string;
      readonly optional: boolean;
      readonly constraints: readonly string[];
    }
  | { readonly kind: 'rest'; readonly name: string };

export type ParsedRoute = { readonly template: string; readonly segments: readonly Segment[] };
type ParseResult =
  | { readonly kind: 'route'; readonly route: ParsedRoute }
  | { readonly kind: 'fault'; readonly fault: string };

const constraints: Readonly<Record<string, RegExp>> = {
  int: /^[+-]?\d{1,10}$/,
  long: /^[+-]?\d{1,19}$/,
  alpha: /^[a-z]*$/i,
  bool: /^(true|false)$/i,
  guid: /^[{(]?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}[)}]?$/i,
};

export function parseRoute(template: string): ParseResult {
  const segments: Segment[] = [];
  for (const part of template.split('/').filter((text) => text !== '')) {
    const match = /^\{(\*{0,2})([a-z_]\w*)((?::[a-z]+)*)(\??)\}$/i.exec(part);
    if (!match) {
      if (/[{}]/.test(part)) return { kind: 'fault', fault: `The route segment '${part}' is not known.` };
      segments.push({ kind: 'literal', text: part });
      continue;
    }
    const [, stars, name = '', constraintText = '', optional] = match;
    if (stars) {
      segments.push({ kind: 'rest', name });
      continue;
    }
    const names = constraintText.split(':').filter((text) => text !== '');
    const unknown = names.find((constraint) => constraints[constraint.toLowerCase()] === undefined);
    if (unknown !== undefined)
      return { kind: 'fault', fault: `The route constraint '${unknown}' is not known.` };
    segments.push({ kind: 'parameter', name, optional: optional === '?', constraints: names });
  }
  return { kind: 'route', route: { template, segments } };
}

/** The parameters, decoded, when the route meets the raw path (without query); else undefined. */
export function matchRoute(
  route: ParsedRoute,
  rawPath: string,
): Readonly<Record<string, string>> | undefined {
  const trimmed = rawPath.replace(/^\//, '').replace(/\/$/, '');
  const parts = trimmed === '' ? [] : trimmed.split('/');
  if (parts.some((part) => part === '')) return undefined;
  const found: Record<string, string> = {};
  for (const [index, segment] of route.segments.entries()) {
    const part = parts[index];
    switch (segment.kind) {
      case 'rest':
        if (part !== undefined) found[segment.name] = parts.slice(index).map(decodeSegment).join('/');
        return found;
      case 'literal':
        if (part === undefined || decodeSegment(part).toLowerCase() !== segment.text.toLowerCase())
          return undefined;
        break;
      case 'parameter': {
        if (part === undefined) {
          if (segment.optional) break;
          return undefined;
        }
        const value = decodeSegment(part);
        if (!segment.constraints.every((name) => constraints[name.toLowerCase()]?.test(value)))
          return undefined;
        found[segment.name] = value;
        break;
      }
    }
  }
  return parts.length > route.segments.length ? undefined : found;
}

/** Literals before constrained parameters before parameters before the rest. */
export function compareRoutes(a: ParsedRoute, b: ParsedRoute): number {
  for (const [index, segment] of a.segments.entries()) {
    const other = b.segments[index];
    if (other === undefined) return 1;
    const difference = rank(segment) - rank(other);
    if (difference !== 0) return difference;
  }
  return a.segments.length - b.segments.length;
}

function rank(segment: Segment): number {
  switch (segment.kind) {
    case 'literal':
      return 0;
    case 'parameter':
      return segment.constraints.length > 0 ? 1 : 2;
    case 'rest':
      return 3;
  }
}

/** Percent-decodes as Kestrel does: `%2F` stays, and so does what is no valid escape or no UTF-8. */
export function decodeSegment(raw: string): string {
  return raw.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
    run
      .split(/(%2f)/i)
      .map((part) => (/^%2f$/i.test(part) ? part : decodeRun(part)))
      .join(''),
  );
}

function decodeRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return run;
  }
}
