/**
 * Every story once more with `ATHM_DEBUG=1`: no secret may be in the trace, nor in anything else.
 *
 * @module
 */

import { registerStories } from "./support/story.ts";

registerStories("canary", { trace: true });
