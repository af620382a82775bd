// What `cargo xtask test --stage browser` runs: each suite in turn, then the line with the count.

import { wanted } from './options.mjs';
import { removeNodes } from './network.mjs';
import { endAll } from './processes.mjs';
import { Tally } from './tally.mjs';

const SUITES = ['pages', 'journeys', 'corpus', 'reader'];

const unknown = wanted.filter((name) => !SUITES.includes(name));
if (unknown.length > 0) {
    console.error(`there is no suite ${unknown.join(', ')}`);
    process.exit(2);
}

const tally = new Tally();
for (const name of SUITES.filter((suite) => wanted.length === 0 || wanted.includes(suite))) {
    const begun = performance.now();
    const suite = await import(`./${name}.mjs`);
    try {
        await suite.run(tally);
    } catch (error) {
        await tally.check(name, () => Promise.reject(error));
    } finally {
        await endAll();
        removeNodes();
    }
    console.log(`${name}: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
}
console.log(String(tally));
process.exit(tally.failed === 0 ? 0 : 1);
