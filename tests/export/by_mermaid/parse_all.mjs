// Read every .mmd of a folder that has mermaid and jsdom installed; see write_diagrams.py.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = resolve(process.argv[2]);
const require = createRequire(join(folder, 'package.json'));
const { JSDOM } = require('jsdom');
const { window } = new JSDOM('');
Object.assign(globalThis, { window, document: window.document, Element: window.Element });
const core = join(folder, 'node_modules', 'mermaid', 'dist', 'mermaid.core.mjs');
const { default: mermaid } = await import(pathToFileURL(core));

const files = readdirSync(folder).filter((name) => name.endsWith('.mmd'));
let wrong = 0;
for (const name of files) {
  try {
    await mermaid.parse(readFileSync(join(folder, name), 'utf8'));
  } catch (error) {
    wrong += 1;
    console.log(`${name}: ${error.message ?? error}`);
  }
}
console.log(`${files.length} diagrams, ${wrong} of them not read`);
process.exitCode = wrong > 0 ? 1 : 0;
