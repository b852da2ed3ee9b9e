import type { Columns, ColumnType } from './columns.ts';

export type Comparison = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';
export type TextFunction = 'contains' | 'startswith' | 'endswith';
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly inner: Filter }
  | { readonly kind: 'text'; readonly name: TextFunction; readonly column: string; readonly text: string }
  | {
      readonly kind: 'compare';
      readonly operator: Comparison;
      readonly column: string;
      readonly value: string | number | null;
    };

export type ParsedFilter =
  | { readonly kind: 'filter'; readonly filter: Filter }
  | { readonly kind: 'error'; readonly message: string };

type Token = { readonly kind: 'word' | 'text' | 'number' | 'sign'; readonly text: string };

const TOKENS = /\s*(?:'((?:[^']|'')*)'|(-?\d+(?:\.\d+)?(?![\w:-]))|([\w:.-]+)|([(),]))/y;

class FilterFault extends Error {}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  TOKENS.lastIndex = 0;
  const end = source.trimEnd().length;
  while (TOKENS.lastIndex < end) {
    const at = TOKENS.lastIndex;
    const match = TOKENS.exec(source);
    if (match === null) throw new FilterFault(`Syntax error at position ${at} in the filter.`);
    const [, text, number, word, sign] = match;
    if (text !== undefined) tokens.push({ kind: 'text', text: text.replaceAll("''", "'") });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}

function isTextFunction(word: string): word is TextFunction {
  return word === 'contains' || word === 'startswith' || word === 'endswith';
}

function isComparison(word: string): word is Comparison {
  return ['eq', 'ne', 'gt', 'ge', 'lt', 'le'].includes(word);
}

/**
 * The part of OData's `$filter` that tables of this kind answer: comparisons, text functions, `and`, `or`, `not`.
 * @param typeName  of the table, for the message about a column it does not have
 */
export function parseFilter(source: string, columns: Columns, typeName: string): ParsedFilter {
  try {
    return { kind: 'filter', filter: parse(tokensOf(source), columns, typeName) };
  } catch (fault) {
    if (fault instanceof FilterFault) return { kind: 'error', message: fault.message };
    throw fault;
  }
}

function parse(tokens: readonly Token[], columns: Columns, typeName: string): Filter {
  let position = 0;
  const peek = () => tokens[position];
  const next = (): Token => {
    const token = tokens[position++];
    if (token === undefined) throw new FilterFault('Expression expected at the end of the filter.');
    return token;
  };
  const isNext = (kind: Token['kind'], text: string) => peek()?.kind === kind && peek()?.text === text;
  const expectSign = (text: string) => {
    const token = next();
    if (token.kind !== 'sign' || token.text !== text) {
      throw new FilterFault(`'${text}' expected but '${token.text}' found.`);
    }
  };
  const column = (): { name: string; type: ColumnType } => {
    const { kind, text } = next();
    const type = kind === 'word' && Object.hasOwn(columns, text) ? columns[text] : undefined;
    if (type === undefined) {
      throw new FilterFault(
        `Could not find a property named '${text}' on type 'Microsoft.Dynamics.CRM.${typeName}'.`,
      );
    }
    return { name: text, type };
  };

  const either = (): Filter => {
    let left = both();
    while (isNext('word', 'or')) {
      next();
      left = { kind: 'or', left, right: both() };
    }
    return left;
  };
  const both = (): Filter => {
    let left = unary();
    while (isNext('word', 'and')) {
      next();
      left = { kind: 'and', left, right: unary() };
    }
    return left;
  };
  const unary = (): Filter => {
    if (isNext('word', 'not')) {
      next();
      return { kind: 'not', inner: unary() };
    }
    if (isNext('sign', '(')) {
      next();
      const inner = either();
      expectSign(')');
      return inner;
    }
    const word = peek()?.text ?? '';
    return isTextFunction(word) ? textFunction(word) : comparison();
  };
  const textFunction = (name: TextFunction): Filter => {
    next();
    expectSign('(');
    const { name: at, type } = column();
    if (type !== 'String') throw new FilterFault(`'${name}' needs a text column; '${at}' is ${type}.`);
    expectSign(',');
    const literal = next();
    if (literal.kind !== 'text') throw new FilterFault(`'${name}' needs a text in quotes.`);
    expectSign(')');
    return { kind: 'text', name, column: at, text: literal.text };
  };
  const comparison = (): Filter => {
    const { name, type } = column();
    const operator = next().text;
    if (!isComparison(operator)) throw new FilterFault(`'${operator}' is no operator.`);
    return { kind: 'compare', operator, column: name, value: literalFor(type, next()) };
  };

  const filter = either();
  const rest = peek();
  if (rest !== undefined) throw new FilterFault(`Unexpected '${rest.text}' in the filter.`);
  return filter;
}

function literalFor(type: ColumnType, { kind, text }: Token): string | number | null {
  if (kind === 'word' && text === 'null') return null;
  const fits = { String: 'text', Integer: 'number', Uniqueidentifier: 'word', DateTime: 'word' } as const;
  // A GUID or a time stands without quotes, and one of digits alone is still no number.
  if (kind !== fits[type]) throw new FilterFault(`'${text}' is no value for a column of type ${type}.`);
  return type === 'Integer' ? Number(text) : text;
}
