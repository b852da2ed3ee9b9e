/** Figures and faults for a person to look at; reads `/control` every two seconds. */
export const controlPage = `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>Omnisend simulator</title>
<style>
  body { font: 14px/1.4 system-ui, sans-serif; margin: 2rem; max-width: 70rem; }
  table { border-collapse: collapse; margin: .5rem 0 1.5rem; }
  td, th { border: 1px solid #ccc; padding: .2rem .6rem; text-align: left; vertical-align: top; }
  pre { margin: 0; }
</style>
<h1>Omnisend simulator</h1>
<div id="figures">Reading…</div>
<script>
  const element = (name, ...content) => {
    const made = document.createElement(name);
    made.append(...content);
    return made;
  };
  const shown = (value) =>
    typeof value === 'object' && value !== null
      ? element('pre', JSON.stringify(value, null, 1).replace(/[{}"]/g, '').trim())
      : String(value);
  const table = (entries) => {
    const made = element('table');
    for (const [name, value] of Object.entries(entries)) {
      made.append(element('tr', element('th', name), element('td', shown(value))));
    }
    return made;
  };
  async function refresh() {
    try {
      const { brands, faults, switches, keys, ...rest } = await (await fetch('/control')).json();
      const parts = brands.flatMap(({ name, ...brand }) => [element('h2', name), table(brand)]);
      document.getElementById('figures').replaceChildren(
        ...parts,
        element('h2', 'Faults'), table(faults),
        element('h2', 'Server'), table(rest),
        element('h2', 'Keys'), table(keys),
        element('h2', 'Switches'), table(switches),
      );
    } catch (fault) {
      document.getElementById('figures').replaceChildren(String(fault));
    }
    setTimeout(refresh, 2000);
  }
  refresh();
</script>
</html>
`;
