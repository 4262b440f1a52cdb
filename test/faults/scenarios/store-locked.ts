import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'Another process holds the store locked, again and again for seconds: jobs go on, nothing is half written.',
  rows: ['CP-07'],
  guards: [],
  quick: true,
  async play(world) {
    const database = new Database(path.join(world.stack.folder, 'main', 'longshore.db'));
    world.load('locked', 50);
    for (let round = 0; round < (world.quick ? 3 : 8); round++) {
      await delay(world.random.between(500, 2_000));
      database.exec('BEGIN EXCLUSIVE');
      await delay(world.random.between(1_000, 8_000));
      database.exec('ROLLBACK');
    }
    database.close();
  },
} satisfies Scenario;
