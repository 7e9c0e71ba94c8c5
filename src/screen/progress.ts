import type { System } from "../system/system.ts";
import { printable, shortened } from "./width.ts";

type Asked = Parameters<System["terminal"]["ask"]>;

/** Milliseconds before the first frame, and between frames. */
const pace = { patience: 500, step: 120 };
const frames = ["-", "\\", "|", "/"];

/**
 * Wraps a system to show slow operations in one line on the terminal. Clears the line before any other
 * output or prompt, and stops for good when a child takes over the terminal. Uses only alarms, so it
 * does not keep the process alive.
 */
export function withProgress(world: System): System {
  const { terminal, children } = world;
  const going: string[] = [];
  let since = 0;
  let ticking = false;
  let shown = false;
  let aside = 0;
  let over = false;
  let frame = 0;

  function hide(): void {
    if (shown) terminal.draw("\r\x1b[K");
    shown = false;
  }

  function tick(): void {
    const what = going.at(-1);
    ticking = what !== undefined && !over;
    if (what === undefined || over) return;
    if (aside === 0 && world.monotonic() - since >= pace.patience) {
      const width = (terminal.size()?.columns ?? 80) - 1;
      const line = `${frames[frame++ % frames.length]} ${printable(what)}`;
      terminal.draw(`\r\x1b[K${shortened(line, width)}`);
      shown = true;
    }
    world.alarm(pace.step, tick);
  }

  async function busy<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (going.length === 0) since = world.monotonic();
    going.push(what);
    if (!ticking && !over) {
      ticking = true;
      world.alarm(pace.patience, tick);
    }
    try {
      return await work();
    } finally {
      going.splice(going.lastIndexOf(what), 1);
      if (going.length === 0) hide();
    }
  }

  /** Shows nothing while `work` runs. */
  async function suspended<T>(work: () => Promise<T>): Promise<T> {
    hide();
    aside++;
    try {
      return await work();
    } finally {
      aside--;
      since = world.monotonic();
    }
  }

  function before<Arguments extends unknown[], Result>(
    work: (...all: Arguments) => Result,
    first: () => void = hide,
  ): (...all: Arguments) => Result {
    return (...all) => {
      first();
      return work(...all);
    };
  }

  const forGood = () => {
    hide();
    over = true;
  };

  return {
    ...world,
    busy,
    say: before(world.say),
    out: before(world.out),
    http: async (...all) => {
      const http = await world.http(...all);
      return {
        send: (request) =>
          busy(`waiting for ${new URL(request.url).host}`, () => http.send(request)),
        [Symbol.dispose]: () => http[Symbol.dispose](),
      };
    },
    children: {
      ...children,
      start: before(children.start, forGood),
      // A helper's standard error must not follow a partial line.
      help: (spec) => spec.quiet ? children.help(spec) : suspended(() => children.help(spec)),
    },
    terminal: Object.create(terminal, {
      ask: { value: (...all: Asked) => suspended(() => terminal.ask(...all)) },
      askSecret: { value: (...all: Asked) => suspended(() => terminal.askSecret(...all)) },
      tell: { value: before((text: string) => terminal.tell(text)) },
      open: { value: () => opened(terminal.open()) },
    }),
  };

  function opened(device: ReturnType<System["terminal"]["open"]>) {
    if (!device) return undefined;
    hide();
    aside++;
    return {
      ...device,
      close: () => {
        aside--;
        since = world.monotonic();
        device.close();
      },
    };
  }
}
