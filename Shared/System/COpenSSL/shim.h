// The functions of OpenSSL's libcrypto that Libcrypto calls. OpenSSL 3 marks the SHA-2 functions with a plain context structure
// as deprecated in favour of EVP. `HMACKey` states why it uses them.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
