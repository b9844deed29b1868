package uploader

import (
	"bytes"
	"fmt"
	"net/http"
)

// None of these work: every one is made up, or the example from the provider's own manual.
const (
	accessKeyID = "AKIAIOSFODNN7EXAMPLE"
	secretKey   = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	forgeToken  = "ghp_FAKEfakeFAKEfakeFAKEfakeFAKEfake0000"
	chatHook    = "xoxb-000000000000-fakefakefake"
	session     = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJmYWtlIiwibmFtZSI6Im5vYm9keSJ9.ZmFrZS1zaWduYXR1cmUtZmFrZS1zaWduYXR1cmU"
)

const deployKey = `-----BEGIN RSA PRIVATE KEY-----
VGhpcyBpcyBub3QgYSBrZXkuIEl0IGlzIGEgc2VudGVuY2UgaW4gYmFzZTY0LCBz
byB0aGF0IGEgc2Nhbm5lciBoYXMgc29tZXRoaW5nIHRvIGZpbmQgaW4gYSBzYW1w
bGUgYW5kIG5vYm9keSBoYXMgYW55dGhpbmcgdG8gc3RlYWwu
-----END RSA PRIVATE KEY-----`

// Upload puts one object and returns the address under which it can be read.
func Upload(client *http.Client, bucket, name string, body []byte) (string, error) {
	address := fmt.Sprintf("https://%s.objects.quarryfield.cloud/%s", bucket, name)
	request, err := http.NewRequest(http.MethodPut, address, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.SetBasicAuth(accessKeyID, secretKey)
	request.Header.Set("X-Session", session)
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return "", fmt.Errorf("uploader: %s: %s", address, response.Status)
	}
	return address, nil
}
