/* A TLS server on loopback whose certificate nobody has signed. */
#ifndef LL_TESTS_NET_TLS_SERVER_H
#define LL_TESTS_NET_TLS_SERVER_H

struct tls_server;

struct tls_server *tls_server_new(void);
void tls_server_free(struct tls_server *server);
int tls_server_port(const struct tls_server *server);

#endif
