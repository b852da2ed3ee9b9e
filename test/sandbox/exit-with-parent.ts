/**
 * Preloaded (`node --import`) into every sandbox process. The IPC channel closes with the parent however the parent
 * ends, SIGKILL included, so no orphan keeps a port or a folder.
 */
const graceMilliseconds = 2000;

process.channel?.unref();
process.on('disconnect', () => {
  setTimeout(() => process.exit(1), graceMilliseconds).unref();
  process.kill(process.pid, 'SIGTERM');
});
// Adding the listener referenced the channel again; it must not keep a finished process alive.
process.channel?.unref();
