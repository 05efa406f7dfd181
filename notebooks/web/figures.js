// Draws the figures of a lesson: each is a <div> with its data and layout as JSON inside.
document.addEventListener("DOMContentLoaded", () => {
  for (const holder of document.querySelectorAll(".course-figure")) {
    const { data, layout, frames } = JSON.parse(holder.querySelector("script").textContent);
    const place = document.createElement("div");
    holder.append(place);
    const config = { responsive: true, displaylogo: false };
    Plotly.newPlot(place, { data, layout, frames, config });
  }
});
