import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Language, type Node, Parser } from 'web-tree-sitter';
import type { Json, Output, Resource, Template } from './template.ts';

const require = createRequire(import.meta.url);
await Parser.init();
const parser = new Parser().setLanguage(
  await Language.load(require.resolve('tree-sitter-bicep/tree-sitter-bicep.wasm')),
);

/** What a Bicep file declares, as far as its syntax tells. */
export interface BicepFile extends Template {
  readonly parameters: readonly Declared[];
  readonly variables: Readonly<Record<string, Json>>;
  readonly modules: readonly Module[];
  /** Every name as often as it stands there, but as the name of a property. */
  readonly names: readonly string[];
}

export interface Declared {
  readonly name: string;
  readonly isDescribed: boolean;
  /** The default, or in a parameter file the value. */
  readonly value: Json | undefined;
}

interface Module {
  readonly symbol: string;
  readonly path: string;
  readonly body: Json;
}

/**
 * Reads a Bicep file. Every expression becomes the text `[expression]`, as in a compiled template, so that the same
 * rules can be held against both. Throws at the first syntax error, with its line. Types and names are not checked.
 */
export function parseBicep(file: string, text: string): BicepFile {
  const root = treeOf(file, text);
  const symbols = new Map<string, string>();
  const resources: Resource[] = [];
  const outputs: Output[] = [];
  const parameters: Declared[] = [];
  const variables: Record<string, Json> = {};
  const modules: Module[] = [];
  let isDescribed = false;
  for (const node of meaningful(root)) {
    if (node.type === 'decorators') {
      isDescribed = /@(sys\.)?description\(/.test(node.text);
      continue;
    }
    const [first, second, third] = meaningful(node);
    const symbol = first?.text ?? '';
    switch (node.type) {
      case 'resource_declaration': {
        const [type = '', version = ''] = textOf(second).split('@');
        symbols.set(symbol, type);
        if (!/^\S+\s+\S+\s+'[^']*'\s+existing\b/.test(node.text)) {
          resources.push({ file, symbol, type, version, body: jsonOf(declared(third)) });
        }
        break;
      }
      case 'module_declaration':
        modules.push({ symbol, path: textOf(second), body: jsonOf(declared(third)) });
        break;
      case 'parameter_declaration':
        parameters.push({ name: symbol, isDescribed, value: third && jsonOf(third) });
        break;
      case 'variable_declaration':
        variables[symbol] = second ? jsonOf(second) : null;
        break;
      case 'output_declaration':
        outputs.push({ name: symbol, value: third ? jsonOf(third) : null });
        break;
    }
    isDescribed = false;
  }
  const scoped = resources.map((resource) => withScopeNamed(resource, symbols));
  return { file, text, resources: scoped, outputs, parameters, variables, modules, names: namesIn(root) };
}

export const readBicep = async (path: string): Promise<BicepFile> =>
  parseBicep(basename(path), await readFile(path, 'utf8'));

export const infraFolder = fileURLToPath(new URL('../../infra/', import.meta.url));

/** Paths of the files in `infra/` with this ending, in order. */
export const pathsIn = async (folder: string, ending: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true }))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));

/** A parameter file: which template it is for, and what it sets. */
export function parseParameters(
  file: string,
  text: string,
): { readonly using: string | undefined; readonly values: BicepFile['variables'] } {
  const using = /^using '([^']+)'$/m.exec(text)?.[1];
  // The grammar knows `param` with a type only; a variable has the same form.
  const body = text.replace(/^using .*$/m, '').replace(/^param /gm, 'var ');
  return { using, values: parseBicep(file, body).variables };
}

function treeOf(file: string, text: string): Node {
  const tree = parser.parse(text);
  if (tree === null) throw new Error(`${file}: it cannot be parsed.`);
  if (tree.rootNode.hasError) {
    const at = firstError(tree.rootNode) ?? tree.rootNode;
    throw new Error(`${file}:${at.startPosition.row + 1}: syntax error at "${at.text.slice(0, 40)}"`);
  }
  return tree.rootNode;
}

function firstError(node: Node): Node | undefined {
  if (node.isError || node.isMissing) return node;
  for (const child of node.children) {
    const found = child?.hasError || child?.isMissing ? firstError(child) : undefined;
    if (found) return found;
  }
  return undefined;
}

const meaningful = (node: Node): Node[] =>
  node.namedChildren.flatMap((child) => (child && !child.type.includes('comment') ? [child] : []));

const namesIn = (root: Node): readonly string[] =>
  root
    .descendantsOfType('identifier')
    .flatMap((node) =>
      node === null || (node.parent?.type === 'object_property' && node.parent.firstChild?.equals(node))
        ? []
        : [node.text],
    );

/** The object of a declaration, past its condition and its loop. */
function declared(node: Node | undefined): Node | undefined {
  if (node?.type === 'for_statement') return declared(node.childForFieldName('body') ?? undefined);
  if (node?.type === 'if_statement') return declared(meaningful(node).at(-1));
  return node;
}

function jsonOf(node: Node | undefined): Json {
  if (node === undefined) return null;
  switch (node.type) {
    case 'object':
      return Object.fromEntries(
        meaningful(node).map((property) => {
          const [name, value] = meaningful(property);
          return [name?.type === 'string' ? textOf(name) : (name?.text ?? ''), jsonOf(value)];
        }),
      );
    case 'array':
      return meaningful(node).map(jsonOf);
    case 'for_statement':
      return [jsonOf(declared(node))];
    case 'string':
      return meaningful(node).some((part) => part.type === 'interpolation') ? `[${node.text}]` : textOf(node);
    case 'number':
      return Number(node.text);
    case 'boolean':
      return node.text === 'true';
    case 'null':
      return null;
    default:
      return `[${node.text.replace(/\s+/g, ' ')}]`;
  }
}

const textOf = (node: Node | undefined): string => (node?.text ?? '').slice(1, -1).replace(/\\'/g, "'");

/** In a compiled template a scope is a resource id, which names the type. */
function withScopeNamed(resource: Resource, symbols: ReadonlyMap<string, string>): Resource {
  const { body } = resource;
  if (typeof body !== 'object' || body === null || Array.isArray(body) || !('scope' in body)) return resource;
  const type = symbols.get(String(body.scope).slice(1, -1));
  return type === undefined ? resource : { ...resource, body: { ...body, scope: `[resourceId('${type}')]` } };
}
