"""An OpenID Connect provider of a test's own: discovery, keys, and the code flow of RFC 6749 4.1."""

import base64
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT_ID = "strongroom-tests"
CLIENT_SECRET = "secret-of-the-client"


class Signer:
    """A key that signs tokens with RS256 (RFC 7518 3.3)."""

    def __init__(self, key_id="one"):
        self.key_id = key_id
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def sign(self, claims, header=None):
        parts = [{"alg": "RS256", "typ": "JWT", "kid": self.key_id, **(header or {})}, claims]
        signed = ".".join(unpadded(json.dumps(part).encode()) for part in parts)
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{unpadded(signature)}"

    def jwk(self):
        numbers = self.key.public_key().public_numbers()
        number = lambda value: unpadded(value.to_bytes((value.bit_length() + 7) // 8, "big"))
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.key_id,
            "n": number(numbers.n),
            "e": number(numbers.e),
        }

    def pem(self):
        public = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, public).decode()


class Provider:
    """Serves one signer's key on a port of its own."""

    def __init__(self, signer=None):
        self.signer = signer or Signer()
        self.codes = {}
        self.claims = {"sub": "ann", "groups": ["staff"]}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                provider.get(self)

            def do_POST(self):
                provider.post(self)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.http.server_port

    def token(self, audience=CLIENT_ID, lifetime_secs=300, **claims):
        """A token as this provider would give one; `None` leaves a claim out."""
        now = int(time.time())
        full = {
            "iss": self.url,
            "aud": audience,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime_secs,
            **self.claims,
            **claims,
        }
        return self.signer.sign({name: value for name, value in full.items() if value is not None})

    def get(self, request):
        path = urlsplit(request.path)
        if path.path == "/.well-known/openid-configuration":
            answer(request, 200, self.discovery())
        elif path.path == "/keys":
            answer(request, 200, {"keys": [self.signer.jwk()]})
        elif path.path == "/authorize":
            self.authorise(request, parse_qs(path.query))
        else:
            answer(request, 404, {})

    def discovery(self):
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def authorise(self, request, query):
        """What a person's browser is sent back with once they said yes."""
        code = secrets.token_hex(8)
        asked = {name: values[0] for name, values in query.items()}
        self.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        request.send_response(302)
        request.send_header("Location", f"{asked['redirect_uri']}?{back}")
        request.end_headers()

    def post(self, request):
        length = int(request.headers.get("Content-Length", 0))
        form = {
            name: values[0]
            for name, values in parse_qs(request.rfile.read(length).decode()).items()
        }
        asked = self.codes.pop(form.get("code"), None)
        if request.path != "/token" or asked is None or not self.knows(request, form):
            answer(request, 400, {"error": "invalid_grant"})
            return
        if form.get("redirect_uri") != asked["redirect_uri"]:
            answer(request, 400, {"error": "invalid_grant"})
            return
        token = self.token(nonce=asked.get("nonce"))
        answer(request, 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": token})

    def knows(self, request, form):
        """The client shows its secret in the header or in the form (RFC 6749 2.3.1)."""
        basic = request.headers.get("Authorization", "").partition(" ")[2]
        shown = base64.b64decode(basic).decode() if basic else ""
        in_form = f"{form.get('client_id')}:{form.get('client_secret')}"
        return f"{CLIENT_ID}:{CLIENT_SECRET}" in (shown, in_form)


def unpadded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(token):
    """What a signed token says, unverified."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def answer(request, status, body):
    data = json.dumps(body).encode()
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(data)))
    request.end_headers()
    request.wfile.write(data)
