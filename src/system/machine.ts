export type Platform = "linux" | "darwin" | "windows";

/** Environment variables by name: athm has no permission to list them. */
export interface Environment {
  get(name: string): string | undefined;
}
