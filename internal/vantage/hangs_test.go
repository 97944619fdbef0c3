package vantage_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/vantage"
)

// TestVantagesThatHang: whatever a vantage stops answering at, the look ends, and
// says that it hangs.
func TestVantagesThatHang(t *testing.T) {
	tell := func(w http.ResponseWriter, body any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(body)
	}
	for name, at := range map[string]string{
		"at the plan": "/jobs", "at go": "/go", "in the middle of an answer": "half", "with nothing to tell": "/batches",
	} {
		ended := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			stuck := strings.HasSuffix(r.URL.Path, at)
			switch {
			case strings.HasSuffix(r.URL.Path, "/batches"):
				tell(w, exposure.Batches{Batches: []exposure.Batch{}})
			case stuck:
				<-ended
			case strings.HasSuffix(r.URL.Path, "/jobs") && at == "half":
				w.Header().Set("Content-Length", "1000")
				w.WriteHeader(http.StatusCreated)
				_, _ = w.Write([]byte(`{"schema":"sek`))
				_ = http.NewResponseController(w).Flush()
				<-ended
			case strings.HasSuffix(r.URL.Path, "/jobs"):
				w.WriteHeader(http.StatusCreated)
				tell(w, plan())
			default:
				w.WriteHeader(http.StatusNoContent)
			}
		}))
		address, err := vantage.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		c := vantage.New(address, netip.MustParseAddr("127.0.0.1"), netip.Addr{})
		c.Hurry(100*time.Millisecond, 100*time.Millisecond)
		_, err = c.Look(t.Context(), asked, nil)
		var e *vantage.Error
		if !errors.As(err, &e) || e.Kind != vantage.Hangs {
			t.Errorf("%s: %v", name, err)
		}
		close(ended)
		c.Close()
		server.Close()
	}
}
