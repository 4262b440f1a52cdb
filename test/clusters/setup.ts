// Reads where the cache is before test/setup.ts takes every LONGSHORE_ variable away.
import './cache.ts';
