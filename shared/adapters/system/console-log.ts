import type { EventFields, EventName, Log } from '../../ports/log.ts';

const line = (event: EventName, fields: EventFields): string => JSON.stringify({ event, ...fields });

/** One line of JSON per event. The host takes the console's lines over and sends them to Application Insights. */
export const consoleLog: Log = {
  info: (event, fields) => console.info(line(event, fields)),
  warn: (event, fields) => console.warn(line(event, fields)),
  error: (event, fields) => console.error(line(event, fields)),
};
