/**
 * The results of a benchmark run.
 *
 * @module
 */

/** Milliseconds of CPU of one command. */
export interface Measured {
  readonly name: string;
  /** One value per round. */
  readonly rounds: readonly number[];
  readonly median: number;
}

export interface Ratio {
  readonly what: string;
  /** Median of the ratios, round by round. */
  readonly ratio: number;
  readonly budget?: number;
}

export interface Figures {
  readonly machine: Readonly<Record<string, string | number>>;
  readonly rounds: number;
  readonly measured: readonly Measured[];
  readonly ratios: readonly Ratio[];
  /** MiB. */
  readonly memory: { readonly exec: number; readonly spawns: number };
  /** Bytes. */
  readonly size: { readonly athm: number; readonly exits: number };
}

/** The ratios to report, with their budgets. */
const promises: readonly (readonly [name: string, over: string, budget?: number])[] = [
  ["exec", "a program that only spawns", 1.3],
  ["exec, 1,000 profiles", "exec", 1.05],
  ["exec that renews", "exec", 4],
  ["process", "a program that only exits", 1.35],
  ["export", "a program that only exits"],
  ["ls, 1 profile", "a program that only exits"],
  ["ls, 100 profiles", "ls, 1 profile"],
  ["ls, 1,000 profiles", "ls, 1 profile", 2],
  ["completion, 1,000 profiles", "completion, 1 profile", 2],
  ["exec", "aws-vault exec"],
  ["process", "aws configure export-credentials"],
];

export function ratios(measured: readonly Measured[]): Ratio[] {
  const roundsOf = (name: string) => measured.find((each) => each.name === name)?.rounds ?? [];
  // Other tools may not be installed.
  const isThere = (name: string) => roundsOf(name).length > 0;
  return promises.filter(([name, over]) => isThere(name) && isThere(over)).map((promise) => {
    const [name, over, budget] = promise;
    const below = roundsOf(over);
    const ratio = median(roundsOf(name).map((took, round) => took / (below[round] ?? NaN)));
    return { what: `${name} / ${over}`, ratio, ...budget === undefined ? {} : { budget } };
  });
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

/** The results as the table of docs/benchmarks.md. */
export function table({ ratios, memory, size, machine, rounds }: Figures): string {
  const rows = ratios.map(({ what, ratio, budget }) =>
    `| ${what} | ${ratio.toFixed(2)} | ${budget ?? ""} |`
  );
  const held = (memory.exec - memory.spawns).toFixed(1);
  const over = ((size.athm - size.exits) / 2 ** 20).toFixed(2);
  return [
    "| CPU of / CPU of | ratio | budget |",
    "| - | - | - |",
    ...rows,
    `| memory of exec over a program that only spawns | ${held} MiB | 12 MiB |`,
    `| the binary over a program that only exits | ${over} MiB | 4 MiB |`,
    "",
    `${rounds} rounds of 8 runs each, compiled by ${machine.compiler}, ${machine.os} ${machine.arch},`,
    `${machine.processors} processors.`,
  ].join("\n");
}
