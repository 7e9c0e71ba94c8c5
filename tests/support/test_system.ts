import { Failure } from "../../src/model/failure.ts";
import type { AuditEvent, System, TraceFields } from "../../src/system/system.ts";
import { ann, type MemoryFiles, memoryFiles } from "./memory_files.ts";

/** A test's settings for the machine; everything has a default. */
export interface TestSystemOptions {
  /** Variables; `HOME` defaults to `/home/ann`. The map may be changed while it runs. */
  readonly env?: Map<string, string> | Readonly<Record<string, string>>;
  /** The disk; two systems that share it are two processes on one machine. */
  readonly files?: MemoryFiles;
  /**
   * The user's answers to prompts, in order. With answers, prompts are enabled; after the last one
   * the input ends (`cancelled`).
   */
  readonly answers?: readonly string[];
  /** Milliseconds since 1970 at the start. */
  readonly now?: number;
  readonly seed?: number;
  readonly pid?: number;
  readonly input?: string;
  /** Replaces anything else. */
  readonly system?: Partial<Omit<System, "files">>;
}

/** A machine in memory, with its state for tests to inspect. */
export interface TestSystem extends System {
  readonly files: MemoryFiles;
  readonly variables: Map<string, string>;
  /** Standard output, and the lines on standard error. */
  readonly captured: { out: string; readonly said: string[] };
  /** Prompts, with secret ones marked. */
  readonly asked: { readonly question: string; readonly secret: boolean }[];
  readonly events: { readonly event: string; readonly fields: TraceFields }[];
  /** Events for the audit log; the program's `run` writes them to the disk instead. */
  readonly audited: readonly AuditEvent[];
  /** True once network access was dropped. */
  networkGivenUp: boolean;
  /** Advances the clock, which wakes sleepers in order. */
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
  // Two systems must not generate the same temporary names and keys, so the seed increases.
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
      allows: (question) => Promise.reject(new Error(`no window was to be opened: ${question}`)),
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
    terminalId: () => Promise.resolve(`terminal ${options.pid ?? 4321}`),
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
        await settle(); // what was woken may sleep again before the end
      }
      now = end;
      await settle();
    },
    ...options.system,
  };
  return system;
}

/** Runs everything that does not wait for an external event. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Numbers from 0 up to 1, determined by the seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
