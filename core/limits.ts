/** Events that Novu takes in one bulk call. */
export const maxEventsPerCall = 100;
