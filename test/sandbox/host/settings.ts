export type Settings = Readonly<Record<string, string | undefined>>;
export type Resolved =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'fault'; readonly fault: string };

/** Replaces every `%NAME%` by the setting of that name. */
export function resolvePlaceholders(text: string, settings: Settings): Resolved {
  const missing: string[] = [];
  const value = text.replace(/%([^%]+)%/g, (whole, name: string) => {
    const found = settings[name];
    if (found === undefined) missing.push(name);
    return found ?? whole;
  });
  return missing.length === 0
    ? { kind: 'value', value }
    : { kind: 'fault', fault: `'%${missing.join('%, %')}%' does not resolve to a value.` };
}

/**
 * The storage connection string behind a binding's `connection`: `AzureWebJobs<name>`, then `<name>`. Identity-based
 * connections (`<name>__queueServiceUri`) need Entra and https, which Azurite does not offer here.
 */
export function resolveConnection(connection: string | undefined, settings: Settings): Resolved {
  const name = connection === undefined || connection === '' ? 'AzureWebJobsStorage' : connection;
  const value = settings[`AzureWebJobs${name}`] || settings[name];
  if (value) return { kind: 'value', value };
  const identity = ['queueServiceUri', 'serviceUri', 'accountName'].some(
    (suffix) => settings[`${name}__${suffix}`],
  );
  return {
    kind: 'fault',
    fault: identity
      ? `The storage connection '${name}' is identity-based; the sandbox knows connection strings only.`
      : `Storage account connection string '${name}' does not exist. Make sure that it is a defined App Setting.`,
  };
}
