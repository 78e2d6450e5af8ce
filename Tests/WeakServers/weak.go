// A deliberately weak service: each route makes one mistake of tutorials with golang-jwt. Copy no line of it.
//
//	weak FOLDER
//
// It reads the key from FOLDER/keys.json, writes its public key and a token for the route /confused to FOLDER, and prints
// its port.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt"
)

var secret []byte
var private *rsa.PrivateKey
var public []byte

type verify func(text string) (*jwt.Token, error)

func keyOf(*jwt.Token) (interface{}, error) { return secret, nil }

func documented(text string) (*jwt.Token, error) {
	return jwt.Parse(text, func(token *jwt.Token) (interface{}, error) {
		if _, ok := token.Method.(*jwt.SigningMethodHMAC); !ok {
			return nil, fmt.Errorf("unexpected signing method: %v", token.Header["alg"])
		}
		return secret, nil
	})
}

func anyMethod(text string) (*jwt.Token, error) { return jwt.Parse(text, keyOf) }

func unverified(text string) (*jwt.Token, error) {
	token, _, err := jwt.NewParser().ParseUnverified(text, jwt.MapClaims{})
	return token, err
}

func ignoredError(text string) (*jwt.Token, error) {
	token, _ := jwt.Parse(text, keyOf)
	if token == nil || token.Claims.(jwt.MapClaims)["sub"] == nil {
		return nil, errors.New("no claims")
	}
	return token, nil
}

func expiredIsEnough(text string) (*jwt.Token, error) {
	token, err := documented(text)
	if errors.Is(err, jwt.ErrTokenExpired) {
		return token, nil
	}
	return token, err
}

func confused(text string) (*jwt.Token, error) {
	return jwt.Parse(text, func(token *jwt.Token) (interface{}, error) {
		if _, ok := token.Method.(*jwt.SigningMethodRSA); ok {
			return jwt.ParseRSAPublicKeyFromPEM(public)
		}
		return public, nil
	})
}

func keyByKid(text string) (*jwt.Token, error) {
	return jwt.Parse(text, func(token *jwt.Token) (interface{}, error) {
		if token.Header["kid"].(string) == "" {
			return nil, errors.New("no kid")
		}
		return secret, nil
	})
}

// The token as RFC 6750 §2.1 says; empty when there is none.
func bearer(request *http.Request) string {
	fields := request.Header.Values("Authorization")
	if len(fields) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(fields[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

func prefix(request *http.Request) string {
	return strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer ")
}

func route(verify verify, text func(*http.Request) string) http.HandlerFunc {
	return func(response http.ResponseWriter, request *http.Request) {
		defer func() {
			if recover() != nil {
				response.WriteHeader(http.StatusInternalServerError)
			}
		}()
		token, err := verify(text(request))
		if err != nil {
			response.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(response, "invalid token", http.StatusUnauthorized)
			return
		}
		json.NewEncoder(response).Encode(token.Claims)
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func prepare(folder string) {
	var set struct{ Keys []struct{ K string } }
	text, err := os.ReadFile(folder + "/keys.json")
	check(err)
	check(json.Unmarshal(text, &set))
	secret, err = base64.RawURLEncoding.DecodeString(set.Keys[0].K)
	check(err)
	private, err = rsa.GenerateKey(rand.Reader, 2048)
	check(err)
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	check(err)
	public = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	check(os.WriteFile(folder+"/public.pem", public, 0o600))
	claims := jwt.MapClaims{"sub": "alice", "aud": "shop", "exp": time.Now().Add(time.Hour).Unix()}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(private)
	check(err)
	check(os.WriteFile(folder+"/rsa.token", []byte(signed), 0o600))
}

func main() {
	prepare(os.Args[1])
	http.Handle("/documented", route(documented, bearer))
	http.Handle("/any-method", route(anyMethod, bearer))
	http.Handle("/unverified", route(unverified, bearer))
	http.Handle("/ignored-error", route(ignoredError, bearer))
	http.Handle("/expired-is-enough", route(expiredIsEnough, bearer))
	http.Handle("/confused", route(confused, bearer))
	http.Handle("/key-by-kid", route(keyByKid, bearer))
	http.Handle("/prefix", route(documented, prefix))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	check(http.Serve(listener, nil))
}
