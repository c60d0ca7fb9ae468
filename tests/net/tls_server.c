#include "tls_server.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"

struct tls_server {
    pthread_t thread;
    int listener, port;
    SSL_CTX *context;
};

static void certify(SSL_CTX *context)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 24L * 3600);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"127.0.0.1", -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    if (X509_sign(certificate, key, EVP_sha256()) == 0 ||
        SSL_CTX_use_certificate(context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey(context, key) != 1)
        abort();
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* Shakes hands with whoever comes, until the listener is shut down. */
static void *run(void *argument)
{
    struct tls_server *server = argument;
    int fd;
    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        SSL *ssl = SSL_new(server->context);
        SSL_set_fd(ssl, fd);
        (void)SSL_accept(ssl);
        SSL_free(ssl);
        close(fd);
    }
    return NULL;
}

struct tls_server *tls_server_new(void)
{
    struct tls_server *server = ll_xcalloc(1, sizeof(*server));
    server->context = SSL_CTX_new(TLS_server_method());
    certify(server->context);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server->listener, (struct sockaddr *)&address, len) != 0 ||
        listen(server->listener, 8) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &len) != 0 ||
        pthread_create(&server->thread, NULL, run, server) != 0)
        abort();
    server->port = ntohs(address.sin_port);
    return server;
}

void tls_server_free(struct tls_server *server)
{
    if (server == NULL)
        return;
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    SSL_CTX_free(server->context);
    free(server);
}

int tls_server_port(const struct tls_server *server)
{
    return server->port;
}
