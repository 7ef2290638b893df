#!/usr/bin/env bash
# Mails to a server that others wrote: aiosmtpd, with STARTTLS and with TLS from the first
# byte, a password, and a certificate of a private authority. What arrives is read again.
#
#   tests/mail.sh
#   DIALFORM_MAIL_CACHE   where the server is installed (default: in the user's cache)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for needed in python3 openssl; do
  command -v "$needed" >/dev/null || { echo "skipped: the mail server needs $needed, which is not installed"; exit 0; }
done
cache=${DIALFORM_MAIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dialform-mail}
if [[ ! -x $cache/bin/aiosmtpd ]]; then
  python3 -m venv "$cache"
  "$cache/bin/pip" install --quiet 'aiosmtpd==1.4.6'
fi
cargo build --quiet
program=$PWD/target/debug/dialform
work=$(mktemp -d)
pid=
trap '[[ -z $pid ]] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=private authority' -keyout ca.key -out ca.pem 2>openssl.log
openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key.pem -out request.pem 2>>openssl.log
openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out cert.pem \
  -extfile <(printf 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n') 2>>openssl.log

cat >server.py <<'PY'
import email.policy, pathlib, ssl, sys, time
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword, SMTP

class Kept:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
        with open("arrived", "a", encoding="utf-8") as arrived:
            print("to:", ", ".join(envelope.rcpt_tos), file=arrived)
            print("tls:", server.transport.get_extra_info("ssl_object") is not None, file=arrived)
            print("subject:", message["subject"], file=arrived)
            print("types:", " ".join(sorted(parts)), file=arrived)
            print(parts["text/plain"], file=arrived)
        return "250 OK"

def known(server, session, envelope, mechanism, given):
    good = isinstance(given, LoginPassword) and (given.login, given.password) == (b"it@acme.example", b"p@ss:word/")
    return AuthResult(success=good)

context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain("cert.pem", "key.pem")
how = dict(authenticator=known, auth_required=True, hostname="127.0.0.1", port=0)

class Named(Controller):
    """Its own first connection goes to the port that the system chose."""
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

started = Named(Kept(), tls_context=context, require_starttls=True, **how), Named(
    Kept(), ssl_context=context, auth_require_tls=False, **how  # it takes only STARTTLS for TLS
)
ports = []
for controller in started:
    controller.start()
    ports.append(str(controller.port))
pathlib.Path("ports.new").write_text(" ".join(ports) + "\n")
pathlib.Path("ports.new").rename("ports")
time.sleep(600)
PY
"$cache/bin/python" server.py 2>server.log &
pid=$!
for _ in $(seq 200); do
  [[ -e ports ]] && break
  sleep 0.1
done
[[ -e ports ]] || { cat server.log >&2; exit 1; }
read -r starttls tls <ports

cat >dialform.yaml <<YAML
version: 1
name: mailed
source: { files: { people: people.csv } }
target: { sandbox: {} }
roles: { member: {} }
scope: everyone
safety: { creates: { max: 0 } }
notify: { email: { smtp: { env: MAIL }, to: [ops@acme.example, lead@acme.example], data: names } }
YAML
printf 'id,userPrincipalName,displayName\n1,zoë@acme.example,Zoë <b>Müller</b>\n' >people.csv
user=it%40acme.example password=p%40ss%3Aword%2F
fails() { echo "wrong: $1" >&2; cat arrived err 2>/dev/null >&2; exit 1; }

for url in "smtp://$user:$password@localhost:$starttls" "smtps://$user:$password@localhost:$tls"; do
  rm -rf arrived .dialform
  MAIL=$url SSL_CERT_FILE=$work/ca.pem "$program" apply --yes >out 2>err || [[ $? -eq 4 ]] || fails "apply"
  grep -q '^to: ops@acme.example, lead@acme.example$' arrived || fails "both are written to"
  grep -q '^tls: True$' arrived || fails "it goes over TLS"
  grep -q '^types: text/html text/plain$' arrived || fails "as text and as HTML"
  grep -q 'zoë@acme.example' arrived || fails "and names who is held"
  echo "one mail by ${url%%:*}: $(grep ^subject: arrived)"
done

rm -rf arrived .dialform
MAIL="smtps://$user:$password@localhost:$tls" "$program" apply --yes >out 2>err || true
[[ ! -e arrived ]] || fails "an authority that is not known gets nothing"
grep -qi 'certificate' err || fails "and it is said why"
MAIL="smtp://$user:wrong@localhost:$starttls" SSL_CERT_FILE=$work/ca.pem "$program" apply --yes >out 2>err || true
[[ ! -e arrived ]] || fails "a wrong password sends nothing"
! grep -q 'wrong@' err || fails "and is not told"
echo "an unknown authority and a wrong password: $(grep -c 'warning' err) warning, nothing sent"
