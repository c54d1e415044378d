// Pushes bodies of 1, 17 and 100 MB twelve times each and prints how often which status came.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	for _, megabytes := range []int{1, 17, 100} {
		body := bytes.Repeat([]byte(" "), megabytes<<20)
		counts := map[string]int{}
		for i := 0; i < 12; i++ {
			counts[push(os.Args[1], body)]++
		}
		fmt.Printf("%d MB:", megabytes)
		for status, count := range counts {
			fmt.Printf(" %s x%d", status, count)
		}
		fmt.Println()
	}
}

func push(url string, body []byte) string {
	response, err := http.Post(url, "application/x-protobuf", bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err.Error()
	}
	return fmt.Sprint(response.StatusCode)
}
