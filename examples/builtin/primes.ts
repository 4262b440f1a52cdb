// A processor in TypeScript: an exported function, run by Node as a process of its own.
interface Context {
  readonly params: { readonly below: number };
  readonly output: (name: string, value: unknown) => void;
  readonly progress: (line: string) => void;
}

export default function primes({ params, output, progress }: Context): void {
  const found: number[] = [];
  for (let n = 2; n < params.below; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  progress(`${found.length} primes`);
  console.log(found.join(' '));
  output('count', found.length);
}
