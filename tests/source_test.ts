// Some stories from source, as `deno run -P main.ts`: the others run on a bundle, which starts faster.

import { registerStories } from "./support/story.ts";

registerStories("source", {
  source: ["exec_codes.txt", "export.txt", "help.txt", "keys_stdin.txt", "passphrase.txt"],
});
