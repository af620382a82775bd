// The packages of package.json. They are installed below the target directory, where an `import` does not look.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { options } from './options.mjs';

const require = createRequire(join(options.tools, 'package.json'));

export const { chromium, firefox } = require('playwright-core');
export const { HtmlValidate } = require('html-validate');

/** The source of axe, to be evaluated within a page. */
export const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
