// The part of OpenSSL's libcrypto that Libcrypto uses. The SHA-2 functions with a plain context structure
// are marked as deprecated in OpenSSL 3 in favour of EVP; Libcrypto says why it uses them.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
