import { Failure } from "../../src/model/failure.ts";
import type { AuditEvent, System, TraceFields } from "../../src/system/system.ts";
import { ann, type MemoryFiles, memoryFiles } from "./memory_files.ts";

/** What a test says about the machine; everything has a quiet default. */
export interface TestSystemOptions {
  /** Variables; `HOME` is `/home/ann` unless told otherwise. The map may be changed while it runs. */
  readonly env?: Map<string, string> | Readonly<Record<string, string>>;
  /** The disk; one that is shared makes two systems two processes on one machine. */
  readonly files?: MemoryFiles;
  /**
   * What the person answers, in order, each to one question. A person who is given can be asked;
   * after the last answer the input is at its end (`cancelled`).
   */
  readonly answers?: readonly string[];
  /** Milliseconds since 1970 at the start. */
  readonly now?: number;
  readonly seed?: number;
  readonly pid?: number;
  readonly input?: string;
  /** Anything else, in place of what is here. */
  readonly system?: Partial<Omit<System, "files">>;
}

/** A machine in memory, with what a test asks of it afterwards. */
export interface TestSystem extends System {
  readonly files: MemoryFiles;
  readonly variables: Map<string, string>;
  /** What was written to standard output, and the lines said on standard error. */
  readonly captured: { out: string; readonly said: string[] };
  /** Questions that were asked, secret ones marked. */
  readonly asked: { readonly question: string; readonly secret: boolean }[];
  readonly events: { readonly event: string; readonly fields: TraceFields }[];
  /** What the audit log was to be told; `run` of the program writes it to the disk instead. */
  readonly audited: readonly AuditEvent[];
  /** True once the network was given up. */
  networkGivenUp: boolean;
  /** Moves the clock, which wakes those who sleep until then, in their order. */
  advance(milliseconds: number): Promise<void>;
}

/** 1 January 2026. */
export const testStart = 1_767_225_600_000;

let systems = 0;

/** A whole `System` that touches nothing outside the test. */
export function testSystem(options: TestSystemOptions = {}): TestSystem {
  let now = options.now ?? testStart;
  const files = options.files ?? memoryFiles(() => now);
  const variables = options.env instanceof Map
    ? options.env
    : new Map(Object.entries({ HOME: "/home/ann", ...options.env }));
  // Two systems must not draw the same temporary names and keys: the seed counts on.
  const chance = seeded(options.seed ?? ++systems);
  const answers = [...options.answers ?? []];
  const captured = { out: "", said: [] as string[] };
  const asked: { question: string; secret: boolean }[] = [];
  const events: { event: string; fields: TraceFields }[] = [];
  const audited: AuditEvent[] = [];
  const sleepers: { until: number; wake: () => void }[] = [];

  function answer(question: string, secret: boolean): Promise<string> {
    asked.push({ question, secret });
    const next = answers.shift();
    return next === undefined
      ? Promise.reject(new Failure("cancelled", "cancelled"))
      : Promise.resolve(next);
  }

  function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = {
        until: now + milliseconds,
        wake: () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        },
      };
      const stop = () => {
        sleepers.splice(sleepers.indexOf(sleeper), 1);
        reject(signal?.reason);
      };
      sleepers.push(sleeper);
      signal?.addEventListener("abort", stop, { once: true });
    });
  }

  const system: TestSystem = {
    platform: "linux",
    env: { get: (name) => variables.get(name) },
    files,
    variables,
    captured,
    asked,
    events,
    networkGivenUp: false,
    listen: ({ hostname, port }) => {
      throw new Error(`no port was to be opened: ${hostname}:${port}`);
    },
    alarm: (milliseconds, work) => void sleep(milliseconds).then(work),
    children: {
      start: (spec) => {
        throw new Error(`no child was expected: ${spec.command}`);
      },
      help: ({ command }) => Promise.reject(new Error(`no helper was expected: ${command}`)),
      onSignal: () => () => {},
    },
    terminal: {
      canAsk: options.answers !== undefined,
      stdinIsTerminal: options.answers !== undefined,
      stdoutIsTerminal: false,
      stderrIsTerminal: options.answers !== undefined,
      width: () => undefined,
      size: () => undefined,
      open: () => undefined,
      draw: () => {},
      ask: (question) => answer(question, false),
      askSecret: (question) => answer(question, true),
      tell: (text) => Promise.resolve(void captured.said.push(...text.split("\n"))),
    },
    browser: {
      isThere: () => Promise.resolve(false),
      open: () => Promise.reject(new Error("no browser was to be opened")),
    },
    selfCommand: () => ["/usr/local/bin/athm"],
    dialog: {
      canAsk: () => Promise.resolve(false),
      ask: (question) => Promise.reject(new Error(`no window was to be opened: ${question}`)),
    },
    devtools: { start: () => Promise.reject(new Error("no browser was to be driven")) },
    now: () => now,
    monotonic: () => now - (options.now ?? testStart),
    sleep,
    random: (length) => Uint8Array.from({ length }, () => Math.floor(chance() * 256)),
    chance,
    pid: options.pid ?? 4321,
    userId: () => ann,
    hostname: () => "test-host",
    versions: { deno: "0.0.0", v8: "0.0" },
    http: () => Promise.reject(new Failure("network", "the test has no network")),
    giveUpNetwork: () => {
      system.networkGivenUp = true;
    },
    out: (text) => {
      captured.out += text;
    },
    say: (line) => {
      captured.said.push(line);
    },
    readInput: (limit) =>
      Promise.resolve(new TextEncoder().encode(options.input ?? "").slice(0, limit)),
    busy: (_what, work) => work(),
    trace: (event, fields = {}) => {
      events.push({ event, fields });
    },
    audit: (...events) => {
      audited.push(...events);
      return Promise.resolve();
    },
    audited,
    async advance(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        sleepers.sort((a, b) => a.until - b.until);
        const next = sleepers[0];
        if (!next || next.until > end) break;
        sleepers.shift();
        now = Math.max(now, next.until);
        next.wake();
        await settle(); // who was woken may sleep again before the end
      }
      now = end;
      await settle();
    },
    ...options.system,
  };
  return system;
}

/** Lets everything run that waits for nothing outside. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
