// A local network of real nodes, each with its console, as people would start them.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { options } from './options.mjs';
import { Program, output } from './processes.mjs';

/** Disk that each node lends. */
const DISK = '96MiB';

/** Longest time for nodes to know each other, in seconds. */
const MEETING_S = 60;

export class Node {
    /** Starts a node whose state lies in a directory of that name, with further `words` on its command line. */
    static async start(name, words) {
        const node = new Node();
        node.directory = join(options.out, 'nodes', name);
        rmSync(node.directory, { recursive: true, force: true });
        mkdirSync(node.directory, { recursive: true });
        const places = ['--data-dir', node.directory, '--http', '127.0.0.1:0', '--disk', DISK];
        node.program = new Program(options.roneo, ['run', '--json', ...places, ...words]);
        const [ready] = await node.program.readUntil(() => true);
        node.console = ready.http;
        return node;
    }

    /** Runs a command at the node; its standard output. */
    run(...words) {
        return output(options.roneo, [...words, '--data-dir', this.directory]);
    }

    async invitation() {
        return (await this.run('invite')).trim();
    }

    /** Waits until the node sees `count` nodes. */
    async meet(count) {
        await this.run('status', '--json', '--wait-nodes', String(count), '--timeout', String(MEETING_S));
    }

    /** Says that its user has been through the first screens. */
    async settle() {
        await this.run('config', 'set', 'console.first_run_done', 'true');
    }
}

/** Removes what the nodes stored. They must have ended. */
export function removeNodes() {
    rmSync(join(options.out, 'nodes'), { recursive: true, force: true });
}

/** Starts `count` nodes that know each other and have nothing left to set up. */
export async function startNetwork(count) {
    const nodes = [await Node.start('0', ['--network', 'local'])];
    const invitation = await nodes[0].invitation();
    for (let number = 1; number < count; number += 1) {
        nodes.push(await Node.start(String(number), ['--join', invitation]));
    }
    await Promise.all(nodes.map((node) => node.meet(count)));
    await Promise.all(nodes.map((node) => node.settle()));
    return nodes;
}
