import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Expression, type Node, parseSync, Visitor } from 'oxc-parser';
import { refusal } from './import-rules.ts';

/**
 * Holds every module of functions/ and shared/ to the direction of imports. A tool of our own, as the usual one reads
 * no TypeScript where TypeScript 7 is installed, and then reports success: hence the failure below for no module.
 */
const root = process.argv[2] ?? fileURLToPath(new URL('../../', import.meta.url));

interface FoundImport {
  readonly at: number;
  readonly specifier: string | undefined;
  readonly names: readonly string[];
}

const all = ['*'];

/** Imports, re-exports, `import()` and `import('…')` in types, in the order of the text. */
function importsIn(program: ReturnType<typeof parseSync>['program']): readonly FoundImport[] {
  const found: FoundImport[] = [];
  const add = (at: Node, specifier: string | undefined, names: readonly string[]) =>
    found.push({ at: at.start, specifier, names });
  new Visitor({
    ImportDeclaration: (node) => add(node, node.source.value, node.specifiers.map(importedName)),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null)
        add(
          node,
          node.source.value,
          node.specifiers.map(({ local }) => nameOf(local)),
        );
    },
    ExportAllDeclaration: (node) => add(node, node.source.value, all),
    ImportExpression: (node) => add(node, textOf(node.source), all),
    TSImportType: (node) => add(node, node.source.value, all),
  }).visit(program);
  return found;
}

type Specifier = Extract<Node, { type: 'ImportDeclaration' }>['specifiers'][number];

function importedName(specifier: Specifier): string {
  return specifier.type === 'ImportSpecifier' ? nameOf(specifier.imported) : '*';
}

function nameOf(name: Extract<Specifier, { type: 'ImportSpecifier' }>['imported']): string {
  return name.type === 'Literal' ? name.value : name.name;
}

function textOf(expression: Expression): string | undefined {
  return expression.type === 'Literal' && typeof expression.value === 'string' ? expression.value : undefined;
}

const violations: string[] = [];
let modules = 0;
for await (const path of glob('{functions,shared}/**/*.{ts,mts,cts,js,mjs,cjs}', { cwd: root })) {
  const from = path.replaceAll('\\', '/');
  const text = await readFile(join(root, path), 'utf8');
  const { program, errors } = parseSync(from, text);
  modules += 1;
  for (const { message } of errors) violations.push(`${from}: cannot be parsed: ${message}`);
  for (const { at, specifier, names } of importsIn(program)) {
    const reason =
      specifier === undefined
        ? 'an import must name its module as plain text'
        : refusal({ from, specifier, names });
    if (reason === undefined) continue;
    const line = text.slice(0, at).split('\n').length;
    violations.push(
      `${from}:${line}: ${specifier === undefined ? 'import(…)' : `'${specifier}'`}: ${reason}`,
    );
  }
}

for (const violation of violations.sort()) console.error(violation);
console.log(`${modules} modules looked at, ${violations.length} imports in a wrong direction`);
if (modules === 0) console.error('No module was found: nothing is checked.');
process.exitCode = violations.length > 0 || modules === 0 ? 1 : 0;
