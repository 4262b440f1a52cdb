// Finds a cycle in a graph of any depth: without recursion, because a chain may have 10,000 nodes.

/** The names along a cycle, the first one again at the end; undefined where there is none. `needs`: node → the nodes that it needs. */
export function findCycle(needs: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  for (const start of needs.keys()) {
    const path: { readonly name: string; next: number }[] = done.has(start) ? [] : [{ name: start, next: 0 }];
    const onPath = new Set(path.map(({ name }) => name));
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const need = needs.get(top.name)?.[top.next++];
      if (need === undefined) {
        done.add(top.name);
        onPath.delete(top.name);
        path.pop();
      } else if (onPath.has(need)) {
        const names = path.map(({ name }) => name);
        return [...names.slice(names.indexOf(need)), need];
      } else if (!done.has(need) && needs.has(need)) {
        path.push({ name: need, next: 0 });
        onPath.add(need);
      }
    }
  }
  return undefined;
}
