import type { EnvironmentChange } from "../../src/delivery/environment.ts";
import type { Platform } from "../../src/system/system.ts";

/**
 * The environment of a child after a change. athm has no permission to list its own variables, so the
 * runtime applies the change; tests compare this with real children. On Windows, names that differ only
 * in case are one variable, which keeps its first spelling.
 * https://learn.microsoft.com/en-us/windows/win32/procthread/environment-variables
 */
export function applied(
  inherited: Readonly<Record<string, string>>,
  { set, unset }: EnvironmentChange,
  platform: Platform,
): Record<string, string> {
  const keyOf = (name: string) => platform === "windows" ? name.toUpperCase() : name;
  const variables = new Map<string, readonly [name: string, value: string]>();
  for (const [name, value] of Object.entries(inherited)) variables.set(keyOf(name), [name, value]);
  for (const name of unset) variables.delete(keyOf(name));
  for (const [name, value] of Object.entries(set)) {
    const [spelling] = variables.get(keyOf(name)) ?? [name];
    variables.set(keyOf(name), [spelling, value]);
  }
  return Object.fromEntries(variables.values());
}
