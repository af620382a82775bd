// The command line: where the built programs and the packages lie, and what is wanted.

import { parseArgs } from 'node:util';

const text = { type: 'string' };

const { values, positionals } = parseArgs({
    options: { tools: text, pages: text, corpus: text, roneo: text, out: text, scene: text },
    allowPositionals: true,
});

for (const name of ['tools', 'pages', 'corpus', 'roneo', 'out']) {
    if (!values[name]) {
        console.error(`--${name} is missing: \`cargo xtask test --stage browser\` sets it`);
        process.exit(2);
    }
}

/** Directories and programs by the name of their option; `scene` is how the names of the scenes begin that are looked at. */
export const options = values;

/** Names of the suites to run; none stands for all. */
export const wanted = positionals;
