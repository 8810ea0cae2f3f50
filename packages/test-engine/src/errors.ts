import { XnovuError } from "xnovu/core/errors.ts";

/** A part of the engine cannot be had or does not work. The message names the part and its last words. */
export class EngineError extends XnovuError {}

/** This machine cannot run an engine at all, whatever is installed. */
export class NoEngineHereError extends EngineError {}
