// DrawIt: the reader draws the curve he expects over labelled axes; then the real one is laid over it.
import { defineExplorer } from "../_core/define.js";

export const { render, preview } = defineExplorer({ title: "Draw the curve you expect", preview: () => {} });
