/* How a command is handed to the owner of a lake, and its output back, over <lake>/livelake.sock.
 *
 *   POST /command
 *   {"version":"0.1.0","argv":["report","platform"],"env":{"LIVELAKE_…":"…"},"terminal":true}
 *
 * argv has no relative paths. The answer (200) is a stream of frames: a byte that says what it is,
 * the length of what follows (32 bits, most significant first), and that. The last frame is EXIT;
 * an answer that ends without it was broken off. Whoever closes the connection asks the command to
 * stop. */
#ifndef LL_APP_COMMAND_WIRE_H
#define LL_APP_COMMAND_WIRE_H

#define LL_COMMAND_SOCKET "livelake.sock"
#define LL_COMMAND_PATH "/command"

#define LL_FRAME_OUT 'o'  /* bytes of standard output */
#define LL_FRAME_ERR 'e'  /* bytes of standard error */
#define LL_FRAME_EXIT 'x' /* the exit code, one byte */
#define LL_FRAME_HEAD 5   /* bytes */

#endif
