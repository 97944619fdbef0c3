package wireguard

import (
	"bytes"
	"crypto/ecdh"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/blake2s"
	"golang.org/x/crypto/chacha20poly1305"
)

// named makes a private key of a word, and its public key.
func named(t testing.TB, word string) (private, public Key) {
	t.Helper()
	private = blake2s.Sum256([]byte(word))
	k, err := ecdh.X25519().NewPrivateKey(private[:])
	if err != nil {
		t.Fatal(err)
	}
	return private, Key(k.PublicKey().Bytes())
}

// responder is the other side, by the same book: it reads a first message and
// answers it.
func responder(t *testing.T, private, preshared Key, message []byte) (peer Key, response []byte) {
	t.Helper()
	own, _ := ecdh.X25519().NewPrivateKey(private[:])
	public := Key(own.PublicKey().Bytes())
	h := &Handshake{chain: blake2s.Sum256([]byte(construction))}
	h.hash = h.chain
	h.mix([]byte(identifier))
	h.mix(public[:])
	theirs := message[8:40]
	h.mix(theirs)
	h.derive(theirs, 1)
	open := func(with []byte, b []byte) []byte {
		shared, err := agree(own, with)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := sealer(h.derive(shared, 2)[1]).Open(nil, noNonce, b, h.hash[:])
		if err != nil {
			t.Fatal(err)
		}
		h.mix(b)
		return plain
	}
	peer = Key(open(theirs, message[40:88]))
	if stamp := open(peer[:], message[88:116]); binary.BigEndian.Uint64(stamp) != 0x4000_0000_0000_000a+1_700_000_000 || binary.BigEndian.Uint32(stamp[8:]) != 5 {
		t.Errorf("time % x", stamp)
	}
	if !bytes.Equal(message[116:132], mac(keyOf(labelMAC1, public), message[:116])) {
		t.Error("mac1 is wrong")
	}
	ephemeral, epublic := named(t, "answer")
	once, _ := ecdh.X25519().NewPrivateKey(ephemeral[:])
	response = append([]byte{typeResponse, 0, 0, 0, 7, 7, 7, 7}, message[4:8]...)
	response = append(response, epublic[:]...)
	h.mix(epublic[:])
	h.derive(epublic[:], 1)
	for _, with := range [][]byte{theirs, peer[:]} {
		shared, err := agree(once, with)
		if err != nil {
			t.Fatal(err)
		}
		h.derive(shared, 1)
	}
	keys := h.derive(preshared[:], 3)
	h.mix(keys[1])
	response = append(response, sealer(keys[2]).Seal(nil, noNonce, nil, h.hash[:])...)
	response = append(response, mac(keyOf(labelMAC1, peer), response)...)
	return peer, append(response, make([]byte, macSize)...)
}

func begun(t testing.TB, preshared Key) (h *Handshake, own, server Key) {
	t.Helper()
	private, own := named(t, "client")
	_, server = named(t, "server")
	ephemeral, _ := named(t, "ephemeral")
	h, err := Begin(private, server, preshared, Random{Ephemeral: ephemeral, Index: 0x01020304}, time.Unix(1_700_000_000, 5))
	if err != nil {
		t.Fatal(err)
	}
	return h, own, server
}

// TestHandshake has the other side answer, with the pre-shared key and with
// another one.
func TestHandshake(t *testing.T) {
	server, _ := named(t, "server")
	for _, preshared := range []Key{{}, {1, 2, 3}} {
		h, own, _ := begun(t, preshared)
		peer, response := responder(t, server, preshared, h.Message())
		if peer != own {
			t.Errorf("the server sees %x", peer)
		}
		if err := h.Check(response); err != nil {
			t.Error(err)
		}
		if _, wrong := responder(t, server, Key{9}, h.Message()); !errors.Is(h.Check(wrong), ErrPreshared) {
			t.Errorf("another pre-shared key: %v", h.Check(wrong))
		}
		for i := range response {
			broken := bytes.Clone(response)
			broken[i] ^= 1
			// The number that the server gave itself and mac2 are its own affair, but
			// for mac1 over the first.
			if err := h.Check(broken); i < ResponseSize-macSize && (i == 0 || i > 3) && err == nil {
				t.Errorf("byte %d may be anything", i)
			}
			if h.Check(response[:i]) == nil {
				t.Errorf("%d bytes are a response", i)
			}
		}
	}
}

// TestRealResponse is what wireguard-go 0.0.20220316 of Debian 12 answered to the
// handshake of begun.
func TestRealResponse(t *testing.T) {
	h, _, _ := begun(t, Key{})
	response, err := base64.StdEncoding.DecodeString(realResponse)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Check(response); err != nil {
		t.Error(err)
	}
}

// TestCookie has a busy server demand the proof of our address.
func TestCookie(t *testing.T) {
	h, _, server := begun(t, Key{})
	box, err := chacha20poly1305.NewX(keyOf(labelCookie, server))
	if err != nil {
		t.Fatal(err)
	}
	nonce, cookie := bytes.Repeat([]byte{3}, chacha20poly1305.NonceSizeX), bytes.Repeat([]byte{4}, macSize)
	reply := append([]byte{typeCookie, 0, 0, 0, 4, 3, 2, 1}, nonce...)
	reply = box.Seal(reply, nonce, cookie, h.Message()[116:132])
	got, err := h.Cookie(reply)
	if err != nil || !bytes.Equal(got, cookie) {
		t.Fatalf("% x, %v", got, err)
	}
	if m := h.WithCookie(got); !bytes.Equal(m[:132], h.Message()[:132]) || !bytes.Equal(m[132:], mac(cookie, m[:132])) {
		t.Errorf("% x", m)
	}
	for i := range reply {
		broken := bytes.Clone(reply)
		broken[i] ^= 1
		if _, err := h.Cookie(broken); (i == 0 || i > 3) && err == nil {
			t.Errorf("byte %d may be anything", i)
		}
	}
}

// TestKeysOfLowOrder are no keys.
func TestKeysOfLowOrder(t *testing.T) {
	private, _ := named(t, "client")
	if _, err := Begin(private, Key{}, Key{}, Random{Ephemeral: private}, time.Now()); !errors.Is(err, ErrKey) {
		t.Errorf("%v", err)
	}
}

func TestParseConfig(t *testing.T) {
	private, public := named(t, "client")
	_, server := named(t, "server")
	_, other := named(t, "other")
	text := func(k Key) string { return base64.StdEncoding.EncodeToString(k[:]) }
	for _, c := range []struct {
		name, file string
		peers      int
		fails      string
	}{
		{"bare", text(private) + "\n", 0, ""},
		{"whole", "[Interface]\nPrivateKey = " + text(private) + "\nAddress = 10.0.0.2/24 # home\n\n[Peer]\npublickey=" + text(server) +
			"\nPresharedKey = " + text(other) + "\nEndpoint = [2001:db8::1]:51821\nAllowedIPs = 0.0.0.0/0\n[Peer]\nPublicKey = " + text(public) + "\r\n", 2, ""},
		{"no-key", "[Peer]\nPublicKey = " + text(server), 0, "PrivateKey"},
		{"short", "[Interface]\nPrivateKey = abc=", 0, "line 2: PrivateKey: a key is 44 characters"},
		{"endpoint", "[Interface]\nPrivateKey = " + text(private) + "\n[Peer]\nEndpoint = home.example:high", 0, "line 4: Endpoint"},
		{"empty", "", 0, "neither"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseConfig(c.file)
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || got.Private != private || len(got.Peers) != c.peers {
				t.Fatalf("%+v, %v", got, err)
			}
			if c.peers > 0 && got.Peers[0] != (Peer{Public: server, Preshared: other, Port: 51821}) {
				t.Errorf("%+v", got.Peers[0])
			}
		})
	}
}

func FuzzAnswer(f *testing.F) {
	h, _, _ := begun(f, Key{})
	seed := make([]byte, ResponseSize)
	copy(seed, []byte{typeResponse, 0, 0, 0, 7, 7, 7, 7, 4, 3, 2, 1})
	f.Add(seed)
	f.Add(append([]byte{typeCookie, 0, 0, 0, 4, 3, 2, 1}, make([]byte, CookieSize-8)...))
	real, _ := base64.StdEncoding.DecodeString(realResponse)
	f.Add(real)
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		_ = h.Check(b)
		_, _ = h.Cookie(b)
		if !bytes.Equal(before, b) {
			t.Error("changed what it read")
		}
	})
}

func FuzzParseConfig(f *testing.F) {
	f.Add("[Interface]\nPrivateKey = AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n[Peer]\nEndpoint = a:1\nPresharedKey=x")
	f.Fuzz(func(_ *testing.T, text string) { _, _ = ParseConfig(text) })
}
