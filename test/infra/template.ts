import { z } from 'zod';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export interface Resource {
  readonly file: string;
  readonly symbol: string;
  readonly type: string;
  readonly version: string;
  /** `name`, `properties`, `scope` and so on; an expression is the text `[expression]`. */
  readonly body: Json;
}

export interface Output {
  readonly name: string;
  readonly value: Json;
}

/** One Bicep file, or one (nested) template that it compiles to. */
export interface Template {
  readonly file: string;
  readonly text: string;
  readonly resources: readonly Resource[];
  readonly outputs: readonly Output[];
}

/** The value at a path, `undefined` where there is none. */
export const at = (value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined =>
  path.reduce<Json | undefined>((found, key) => {
    if (typeof found !== 'object' || found === null) return undefined;
    const [, member] = Object.entries(found).find(([name]) => name === String(key)) ?? [];
    return member;
  }, value);

const json: z.ZodType<Json> = z.json();
const compiledResource = z.looseObject({
  type: z.string(),
  apiVersion: z.string().default(''),
  existing: z.boolean().default(false),
});
const compiled = z.looseObject({
  resources: z.union([z.array(compiledResource), z.record(z.string(), compiledResource)]),
  outputs: z.record(z.string(), z.looseObject({ value: json.default(null) })).default({}),
});

/** What the compiler makes of a file: the template and those of its modules, each by itself. */
export function templatesOf(file: string, text: string): readonly Template[] {
  const template = compiled.parse(JSON.parse(text));
  const found = Object.entries(template.resources).filter(([, resource]) => !resource.existing);
  const nested = found.flatMap(([symbol, resource]) => {
    if (resource.type !== 'Microsoft.Resources/deployments') return [];
    const inner = at(json.parse(resource), 'properties', 'template');
    return inner === undefined ? [] : templatesOf(`${file} > ${symbol}`, JSON.stringify(inner));
  });
  const own = found
    .filter(([, { type }]) => type !== 'Microsoft.Resources/deployments')
    .map(([symbol, resource]) => ({
      file,
      symbol,
      type: resource.type,
      version: resource.apiVersion,
      body: json.parse(resource),
    }));
  const outputs = Object.entries(template.outputs).map(([name, { value }]) => ({ name, value }));
  // Modules carry their own text.
  const ownText = JSON.stringify({ ...template, resources: own.map(({ body }) => body) });
  return [{ file, text: ownText, resources: own, outputs }, ...nested];
}
