/** The operating systems that athm is built for. */
export type Platform = "linux" | "darwin" | "windows";

/** The machine's variables, by name: athm has no permission to list them all. */
export interface Environment {
  get(name: string): string | undefined;
}
