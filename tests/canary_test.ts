/**
 * Every story again with `ATHM_DEBUG=1`: neither the trace nor anything else may contain a secret.
 *
 * @module
 */

import { registerStories } from "./support/story.ts";

registerStories("canary", { trace: true });
