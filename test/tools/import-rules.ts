import { posix } from 'node:path';

/** A folder or file of the floor plan; each adapter is a part of its own. `main` is the switchboard, with its routes. */
type Part =
  | 'domain'
  | 'ports'
  | 'messages'
  | 'config'
  | 'steps'
  | 'compose'
  | 'functions'
  | 'main'
  | `adapters/${string}`;

interface Rule {
  readonly parts: readonly Part[];
  readonly packages: readonly string[];
  /** Node's own modules: all, or those named, with the names that may be taken from them. */
  readonly builtins: 'all' | Readonly<Record<string, readonly string[]>>;
}

export interface Import {
  /** The importing module, from the root of the project: `shared/steps/send.ts`. */
  readonly from: string;
  /** As written: `../ports/clock.ts`, `zod`, `node:crypto`. */
  readonly specifier: string;
  /** Names taken; `*` for all of them. */
  readonly names: readonly string[];
}

// Without clock, chance and I/O: `randomBytes` and `fileURLToPath` live in the same modules, so names count too.
const pure = {
  'node:crypto': ['hash', 'createHash', 'createHmac', 'timingSafeEqual'],
  'node:url': ['domainToASCII', 'domainToUnicode', 'URL', 'URLSearchParams'],
} as const;

const rules: Readonly<Record<Exclude<Part, `adapters/${string}`>, Rule>> = {
  domain: { parts: [], packages: ['zod', 'libphonenumber-js', 'croner'], builtins: pure },
  ports: { parts: ['domain'], packages: [], builtins: {} },
  messages: { parts: ['domain'], packages: ['zod'], builtins: {} },
  config: { parts: ['domain'], packages: ['zod'], builtins: {} },
  steps: { parts: ['domain', 'ports', 'messages'], packages: [], builtins: {} },
  compose: { parts: ['domain', 'ports', 'messages', 'config', 'steps'], packages: [], builtins: 'all' },
  // A trigger parses what comes in from outside, hence zod.
  functions: { parts: ['domain', 'steps', 'messages'], packages: ['@azure/functions', 'zod'], builtins: {} },
  main: {
    parts: ['functions', 'domain', 'steps', 'messages', 'compose'],
    packages: ['@azure/functions', 'zod'],
    builtins: {},
  },
};

/** The SDK of each adapter. One that is not listed here has none. */
const sdks: Readonly<Record<string, readonly string[]>> = {
  'adapters/data-out': ['@azure/storage-blob', 'csv-parse'],
  'adapters/identity': ['@azure/identity'],
  'adapters/key-vault': ['@azure/keyvault-secrets'],
  'adapters/storage': ['@azure/data-tables', '@azure/storage-blob', '@azure/storage-queue'],
};

/** Why an import breaks the direction in which the parts may know each other; `undefined` where it does not. */
export function refusal({ from, specifier, names }: Import): string | undefined {
  const part = partOf(from);
  if (part === undefined) return `${from} has no place in the floor plan`;
  const rule = ruleOf(part);
  if (specifier.startsWith('.')) {
    const path = posix.join(posix.dirname(from), specifier);
    const target = partOf(path);
    const allowed = target !== undefined && isAllowed(part, rule, target);
    return allowed
      ? undefined
      : `${part} may import ${listed([part, ...partsOf(part, rule)])}, not ${target ?? path}`;
  }
  if (specifier.startsWith('node:')) return builtinRefusal(part, rule, specifier, names);
  return rule.packages.includes(packageOf(specifier))
    ? undefined
    : `${part} may import the packages ${listed(rule.packages)}, not ${specifier}`;
}

/** Which part of the floor plan a module belongs to. */
export function partOf(path: string): Part | undefined {
  if (path === 'functions/main.ts' || path === 'functions/routes.ts') return 'main';
  const [top = '', folder = '', ...rest] = path.split('/');
  if (top === 'functions') return 'functions';
  if (top !== 'shared') return undefined;
  if (rest.length === 0) {
    return folder === 'messages.ts' || folder === 'config.ts' || folder === 'compose.ts'
      ? partOfFile[folder]
      : undefined;
  }
  if (folder === 'domain' || folder === 'ports' || folder === 'steps') return folder;
  return folder === 'adapters' && rest.length > 1 ? `adapters/${rest[0]}` : undefined;
}

const partOfFile = { 'messages.ts': 'messages', 'config.ts': 'config', 'compose.ts': 'compose' } as const;

function ruleOf(part: Part): Rule {
  return isAdapter(part)
    ? { parts: ['domain', 'ports', 'messages'], packages: ['zod', ...(sdks[part] ?? [])], builtins: 'all' }
    : rules[part];
}

function isAdapter(part: Part): part is `adapters/${string}` {
  return part.startsWith('adapters/');
}

function isAllowed(part: Part, rule: Rule, target: Part): boolean {
  if (target === part || rule.parts.includes(target)) return true;
  return part === 'compose' && isAdapter(target);
}

function partsOf(part: Part, rule: Rule): readonly string[] {
  return part === 'compose' ? [...rule.parts, 'adapters'] : rule.parts;
}

function builtinRefusal(
  part: Part,
  rule: Rule,
  specifier: string,
  names: readonly string[],
): string | undefined {
  if (rule.builtins === 'all') return undefined;
  const allowed = rule.builtins[specifier] ?? [];
  const refused = names.filter((name) => !allowed.includes(name));
  if (allowed.length > 0 && names.length > 0 && refused.length === 0) return undefined;
  return allowed.length === 0
    ? `${part} may not import ${specifier}`
    : `${part} may import ${listed(allowed)} from ${specifier}, not ${listed(refused)}`;
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? '(none)' : [...new Set(names)].join(', ');
}
