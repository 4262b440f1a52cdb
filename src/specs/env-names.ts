// Which environment variables a job may set. Free of zod, because workflows read them from raw signals.
import { ENV_NAME } from './patterns.ts';

/** Names that the launching shell itself owns, whether it is dash or bash; a job cannot set them. */
const RESERVED_ENV = new Set('IFS OPTIND PPID PWD OLDPWD PS1 PS2 PS4 LINENO _ UID EUID SHELLOPTS BASHOPTS BASH_VERSINFO'.split(' '));

/** Whether a job must leave this name to Longshore or to the shell. */
export const isReservedEnv = (name: string): boolean => RESERVED_ENV.has(name) || name.startsWith('LONGSHORE_');

/** Whether a job may set a variable of this name. */
export const isOwnEnv = (name: string): boolean => ENV_NAME.test(name) && !isReservedEnv(name);
