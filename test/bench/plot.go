package main

import (
	"bytes"
	"text/template"
)

// bar is one ratio of the plot. Lengths are pixels.
type bar struct {
	Label, Value string
	Y            int
	Length       float64
	Aim          float64 // 0: none is marked
	Cut          bool    // longer than the scale
}

// The plot's measures in pixels, and how far its scale goes.
const (
	plotLeft, plotTop, plotRow, plotUnit = 330, 50, 24, 220
	plotMost                             = 2.0
)

// plotTemplate is the SVG; what stands in it is data of ours, escaped all the same.
var plotTemplate = template.Must(template.New("plot").Parse(`<svg xmlns="http://www.w3.org/2000/svg" width="{{.Width}}" height="{{.Height}}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#fff"/>
<text x="12" y="22" font-size="15">crossgo's time as a share of the other's (shorter is better)</text>
<text x="12" y="40" fill="#555">bar: measured; red line: aim</text>
{{- range .Ticks}}
<line x1="{{.X}}" y1="{{$.Top}}" x2="{{.X}}" y2="{{$.Bottom}}" stroke="#ccc"/>
<text x="{{.X}}" y="{{$.Foot}}" text-anchor="middle" fill="#555">{{.Text}}</text>
{{- end}}
{{- range .Bars}}
<text x="{{$.LabelX}}" y="{{.Y}}" dy="15" text-anchor="end">{{html .Label}}</text>
<rect x="{{$.Left}}" y="{{.Y}}" width="{{printf "%.1f" .Length}}" height="18" fill="#4a7db5"{{if .Cut}} fill-opacity="0.6"{{end}}/>
<text x="{{$.Left}}" dx="{{printf "%.1f" .Length}}" y="{{.Y}}" dy="14"> {{html .Value}}</text>
{{- if .Aim}}
<rect x="{{$.Left}}" y="{{.Y}}" transform="translate({{printf "%.1f" .Aim}} -2)" width="2" height="22" fill="#c0392b"/>
{{- end}}
{{- end}}
</svg>
`))

// tick is a line of the scale.
type tick struct {
	X    int
	Text string
}

// plot draws the ratios of all cases, those to the Dockerfile first. The same numbers give the same bytes.
func (r Report) plot() []byte {
	bars := append(r.bars(dockerfile, "Dockerfile"), r.bars(bare, "go build")...)
	for i := range bars {
		bars[i].Y = plotTop + i*plotRow + 3
	}
	bottom := plotTop + len(bars)*plotRow
	data := map[string]any{"Width": plotLeft + int(plotMost*plotUnit) + 80, "Height": bottom + 30, "Top": plotTop, "Bottom": bottom,
		"Foot": bottom + 18, "Left": plotLeft, "LabelX": plotLeft - 8, "Bars": bars, "Ticks": ticks()}
	var out bytes.Buffer
	if err := plotTemplate.Execute(&out, data); err != nil {
		panic(err) // the template is ours
	}
	return out.Bytes()
}

func ticks() []tick {
	var list []tick
	for i := range int(plotMost*2) + 1 {
		share := float64(i) / 2
		list = append(list, tick{plotLeft + int(share*plotUnit), ratioText(share)[:3]})
	}
	return list
}

// bars are the ratios to one rival.
func (r Report) bars(against rival, name string) []bar {
	var bars []bar
	for _, t := range titles {
		c, _, ok := r.find(t.name)
		if !ok {
			continue
		}
		ratio, ok := c.ratio(against)
		if !ok {
			continue
		}
		b := bar{Label: t.title + " / " + name, Value: ratioText(ratio), Length: min(ratio, plotMost) * plotUnit, Cut: ratio > plotMost}
		if a, ok := aimFor(t.name, against); ok {
			b.Aim = min(a.factor+a.plus/median(c.Seconds[against.name]), plotMost) * plotUnit
		}
		bars = append(bars, b)
	}
	return bars
}
