// Package page opens the HTML report in a real browser, chromium: whether it can be read, light and dark, wide and narrow, and whether
// what is hostile in it stays text. CROSSGO_TEST_SHOTS is a folder to leave pictures in for people to look at.
package page

import (
	"bytes"
	"context"
	"image"
	"image/color"
	_ "image/png"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/crossgo/crossgo/internal/reportcase"
	"github.com/crossgo/crossgo/verify/report"
)

var cases = map[string][]report.Report{"one": reportcase.One(), "many": reportcase.Many(), "hostile": reportcase.Hostile(), "bare": {{Platform: "linux/arm64"}}}

// browser starts one for the test.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate("about:blank")), "chromium has to be installed (apt-get install chromium)")
	return ctx
}

// seen is what a page did beside being shown.
type seen struct {
	sync.Mutex
	requests, errors []string
}

func listen(t *testing.T, ctx context.Context) *seen {
	t.Helper()
	s := new(seen)
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		s.Lock()
		defer s.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			s.requests = append(s.requests, e.Request.URL)
		case *log.EventEntryAdded:
			s.errors = append(s.errors, e.Entry.Text)
		case *cdpage.EventJavascriptDialogOpening:
			s.errors = append(s.errors, "a dialog: "+e.Message)
		}
	}))
	return s
}

// TestPage opens each page in each light and width.
func TestPage(t *testing.T) {
	ctx := browser(t)
	for name, reports := range cases {
		var b bytes.Buffer
		format, err := report.LookupFormat("html")
		require.NoError(t, err)
		require.NoError(t, format.Write(&b, reports))
		file := filepath.Join(t.TempDir(), "report.html")
		require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{1440, 390} {
				t.Run(name+"-"+scheme+map[int64]string{1440: "-wide", 390: "-narrow"}[width], func(t *testing.T) { look(t, ctx, file, scheme, width) })
			}
		}
	}
}

// look is one visit.
func look(t *testing.T, ctx context.Context, file, scheme string, width int64) {
	ctx, cancel := chromedp.NewContext(ctx)
	defer cancel()
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	did := listen(t, ctx)
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	require.NoError(t, err)
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 2400), chromedp.Navigate("file://"+file)))
	evaluate[chromedp.Void](t, ctx, `for (const d of [...document.querySelectorAll("main details")].slice(0, 12)) d.open = true`)
	wide := evaluate[float64](t, ctx, `document.documentElement.scrollWidth`)
	active := evaluate[float64](t, ctx, `document.querySelectorAll("script,img,iframe,object,link,[onerror],[onload],a[href^=javascript]").length`)
	if width > 1000 { // colours do not hang on the width
		require.Empty(t, evaluate[[]string](t, ctx, contrast), "text that is hard to read")
	}
	evaluate[chromedp.Void](t, ctx, `for (const d of [...document.querySelectorAll("main details")].slice(2)) d.open = false`)
	shot, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	require.NoError(t, err)
	require.LessOrEqual(t, int64(wide), width, "the page is wider than its window")
	require.Zero(t, active, "something in the page could act")
	did.Lock()
	defer did.Unlock()
	require.Equal(t, []string{"file://" + file}, did.requests)
	require.Empty(t, did.errors)
	requirePicture(t, shot, scheme)
	if dir := os.Getenv("CROSSGO_TEST_SHOTS"); dir != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(t.Name())+".png"), shot, 0o644))
	}
}

func evaluate[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	require.NoError(t, err)
	return v
}

// contrast lists texts whose colour stands out from what is behind by less than 4.5 to 1 (WCAG 2.2, 1.4.3). What is only decoration says
// so by aria-hidden.
const contrast = `(() => {
	const part = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
	const rgb = s => (s.match(/[\d.]+/g) || []).map(Number)
	const light = c => 0.2126 * part(c[0]) + 0.7152 * part(c[1]) + 0.0722 * part(c[2])
	const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length == 3 || c[3] > 0.5) return c } return [255, 255, 255] }
	const bad = new Set()
	const check = (e, front, back) => {
		const [a, b] = [light(front), light(back)], ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
		if (ratio < 4.5) bad.add((e.getAttribute("class") || e.tagName) + " " + ratio.toFixed(2) + " " + e.textContent.slice(0, 30))
	}
	for (const e of [...document.querySelectorAll("body *")].slice(0, 5000)) {
		if (e.closest("svg") || e.closest("[aria-hidden]") && !e.closest(".m") || e.closest(".none")) continue
		if ([...e.childNodes].some(n => n.nodeType == 3 && n.data.trim())) check(e, rgb(getComputedStyle(e).color), behind(e))
	}
	for (const e of document.querySelectorAll("svg .label")) check(e, rgb(getComputedStyle(e).fill), rgb(getComputedStyle(e.parentElement.querySelector("rect")).fill))
	return [...bad]
})()`

// requirePicture looks at the picture itself: not one colour, and as light as asked for.
func requirePicture(t *testing.T, data []byte, scheme string) {
	t.Helper()
	img, _, err := image.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	colours := map[color.Color]bool{}
	var sum, n int
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y += 7 {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x += 7 {
			c := color.GrayModel.Convert(img.At(x, y)).(color.Gray)
			colours[img.At(x, y)] = true
			sum, n = sum+int(c.Y), n+1
		}
	}
	require.Greater(t, len(colours), 10)
	require.Equal(t, scheme == "light", sum/n > 128, "the page is not %s", scheme)
}
