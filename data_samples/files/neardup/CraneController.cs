using System.Collections.Generic;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Mvc;

namespace Harbour.Api.Controllers
{
    [ApiController]
    [Route("api/cranes")]
    public class CraneController : ControllerBase
    {
        private readonly ICraneStore _store;

        public CraneController(ICraneStore store) => _store = store;

        [HttpGet]
        public async Task<ActionResult<IReadOnlyList<Crane>>> List([FromQuery] int skip = 0, [FromQuery] int take = 50)
            => Ok(await _store.ListAsync(skip, take));

        [HttpGet("{id}")]
        public async Task<ActionResult<Crane>> Get(int id)
        {
            Crane found = await _store.FindAsync(id);
            return found == null ? NotFound() : Ok(found);
        }

        [HttpPost]
        public async Task<ActionResult<Crane>> Create(CraneInput input)
        {
            if (!input.IsValid(out string problem)) return UnprocessableEntity(problem);
            Crane created = await _store.AddAsync(input);
            return CreatedAtAction(nameof(Get), new { id = created.Id }, created);
        }

        [HttpDelete("{id}")]
        public async Task<IActionResult> Delete(int id)
        {
            bool removed = await _store.RemoveAsync(id);
            return removed ? NoContent() : NotFound();
        }
    }
}
