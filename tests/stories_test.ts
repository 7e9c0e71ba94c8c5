import { registerStories } from "./support/story.ts";

registerStories("story", {});
