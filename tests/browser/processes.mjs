// Programs that the checks start: read line by line, ended by their process.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Longest time for a program to say that it is ready. */
const READY_LIMIT_MS = 60_000;
/** Longest time for a program to end by itself. */
const END_LIMIT_MS = 10_000;
/** How much of what a program writes to standard error is kept. */
const ERRORS_KEPT = 16_384;

const running = new Set();

/** A program that runs until it is ended. */
export class Program {
    errors = '';

    /** @param {string} path @param {string[]} words */
    constructor(path, words) {
        this.path = path;
        this.child = spawn(path, words, { stdio: ['ignore', 'pipe', 'pipe'] });
        this.ended = new Promise((resolve) => {
            this.child.once('exit', resolve);
            this.child.once('error', (error) => {
                this.errors += error;
                resolve();
            });
        }).then(() => running.delete(this));
        this.child.stderr.on('data', (chunk) => {
            this.errors = (this.errors + chunk).slice(-ERRORS_KEPT);
        });
        this.lines = createInterface({ input: this.child.stdout });
        running.add(this);
    }

    /** The JSON objects that it prints, up to the one for which `isLast` holds. */
    async readUntil(isLast) {
        const objects = [];
        const timer = setTimeout(() => this.child.kill('SIGKILL'), READY_LIMIT_MS);
        try {
            for await (const line of this.lines) {
                const object = JSON.parse(line);
                objects.push(object);
                if (isLast(object)) {
                    return objects;
                }
            }
        } finally {
            clearTimeout(timer);
        }
        throw new Error(`${this.path} ended before it was ready: ${this.errors}`);
    }

    /** Asks it to end; ends it when it does not. */
    async end() {
        const timer = setTimeout(() => this.child.kill('SIGKILL'), END_LIMIT_MS);
        this.child.kill('SIGTERM');
        await this.ended;
        clearTimeout(timer);
    }
}

/** Ends every program that still runs. */
export async function endAll() {
    await Promise.all([...running].map((program) => program.end()));
}

/**
 * Runs a program to its end and returns its standard output.
 *
 * @param {string} path
 * @param {string[]} words
 * @param {{ input?: string, env?: Record<string, string>, limit?: number }} [more] `limit` in ms.
 */
export async function output(path, words, { input = '', env = {}, limit = READY_LIMIT_MS } = {}) {
    const child = spawn(path, words, { env: { ...process.env, ...env }, timeout: limit });
    let [text, errors] = ['', ''];
    child.stdout.on('data', (chunk) => (text += chunk));
    child.stderr.on('data', (chunk) => (errors += chunk));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
    if (code !== 0) {
        throw new Error(`${path} ${words[0] ?? ''} ended with ${code}: ${errors}`);
    }
    return text;
}
