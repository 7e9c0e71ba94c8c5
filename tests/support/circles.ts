/** Imports between files or folders, by path. */
export type ImportGraph = ReadonlyMap<string, ReadonlySet<string>>;

/** Cycles as paths, `a → b → a`; empty only if there are none. */
export function circlesIn(graph: ImportGraph): readonly string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const follow = (node: string, way: readonly string[]): void => {
    const at = way.indexOf(node);
    if (at >= 0) found.push([...way.slice(at), node].join(" → "));
    if (at >= 0 || done.has(node)) return;
    for (const next of graph.get(node) ?? []) follow(next, [...way, node]);
    done.add(node);
  };
  for (const node of graph.keys()) follow(node, []);
  return found;
}

/** The graph of the folders of another graph's files. */
export function foldersOf(graph: ImportGraph): ImportGraph {
  const folder = (path: string) => path.slice(0, path.lastIndexOf("/") + 1);
  const folders = new Map<string, Set<string>>();
  for (const [path, imports] of graph) {
    const from = folder(path);
    const others = [...imports].map(folder).filter((each) => each !== from);
    folders.set(from, new Set([...folders.get(from) ?? [], ...others]));
  }
  return folders;
}
