import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'The clock of every process jumps an hour ahead and two hours back, as a bad time server or a time-zone mistake would do it.',
  rows: ['CP-48'],
  guards: [],
  quick: false,
  stack: { clock: '5:60,15:-60,25:0' },
  async play(world) {
    world.load('clock', 30);
    await delay(10_000);
    world.load('clock-late', 10);
    await delay(20_000);
  },
} satisfies Scenario;
